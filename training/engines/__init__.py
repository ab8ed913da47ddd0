"""The engines that train: the lab's own protocol, and the same faster."""
