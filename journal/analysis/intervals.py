"""What a sample can say: intervals for fractions that were counted on a few hundred reviews."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson(successes: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The score interval for a fraction, as (lower, upper), both in 0..1.

    It stays inside 0..1 and holds its level for small samples and for fractions near 0 or 1,
    where the interval of the schoolbook does not.

    Args:
        successes: how many of the ``n`` were right, 0..n. Not always whole: a mean over batches
            times ``n``.
        n: the size of the sample, at least 1.
        confidence: the level, such as 0.95.

    Raises:
        ValueError: ``n`` is not positive, or ``successes`` lies outside 0..n.

    Source: E. B. Wilson (1927), "Probable inference, the law of succession, and statistical
    inference", doi:10.1080/01621459.1927.10502953.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} is not a fraction of a sample")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / n
    middle = share + z * z / (2 * n)
    spread = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # Rounding may leave the interval by an ulp at the ends, where it is exactly 0 or 1.
    lower = 0.0 if successes == 0 else max(0.0, (middle - spread) / scale)
    upper = 1.0 if successes == n else min(1.0, (middle + spread) / scale)
    return lower, upper
