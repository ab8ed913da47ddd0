"""What the frozen encoder computes in: float32, or bfloat16 where the processor has it."""

from __future__ import annotations

import torch

from training.config import Precision


def choose_precision(wanted: Precision, device: torch.device) -> torch.dtype:
    """float32 or bfloat16; ``auto`` takes bfloat16 only where the hardware multiplies it natively.

    Emulated bfloat16 is slower than float32, so ``auto`` does not take it.
    """
    if wanted == "auto":
        return torch.bfloat16 if has_native_bf16(device) else torch.float32
    return torch.bfloat16 if wanted == "bf16" else torch.float32


def has_native_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 matrices in hardware (AVX-512 BF16 or AMX, a GPU)."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Private in torch, and not in every version of it: absent means no.
    return any(
        bool(getattr(torch.cpu, name, bool)())
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )
