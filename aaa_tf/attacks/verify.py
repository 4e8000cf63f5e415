"""An independent check of what an attack returned; shares no code with the attacks.

Plain NumPy in double precision, so that a mistake in an attack's projection cannot hide here.
"""

import numpy as np

# Float32 rounding of pixels near 1, and of a length in proportion to it, with room; far below a
# grey level of 1 / 255.
_TOLERANCE = 2e-6


def verify_adversarial_images(images, adversarial_images, eps: float, norm: str = "Linf") -> None:
    """Raises ValueError unless every adversarial image is one the threat model allows.

    Args:
        images: (N, H, W, C), the clean images.
        adversarial_images: the same shape.
        eps: radius.
        norm: "Linf" or "L2".

    Raises:
        ValueError: if a value is not finite, outside [0, 1], or an image more than eps from its
            clean one.
    """
    clean = np.asarray(images, np.float64)
    adversarial = np.asarray(adversarial_images, np.float64)
    if clean.shape != adversarial.shape:
        raise ValueError(f"adversarial images have shape {adversarial.shape}, not {clean.shape}")
    if not clean.size:
        return
    if not np.isfinite(adversarial).all():
        raise ValueError("adversarial images hold NaN or infinity")
    if adversarial.min() < 0 or adversarial.max() > 1:
        raise ValueError(f"adversarial pixels in [{adversarial.min()}, {adversarial.max()}]")
    moves = (adversarial - clean).reshape(len(clean), -1)
    order = {"Linf": np.inf, "L2": 2}[norm]
    distances = np.linalg.norm(moves, order, axis=1)
    worst = int(distances.argmax())
    if distances[worst] > eps + _TOLERANCE * max(1, eps):
        raise ValueError(
            f"adversarial image {worst} is {distances[worst]:.7g} from its clean one in {norm}, "
            f"eps is {eps:g}"
        )
