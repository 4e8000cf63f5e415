"""An independent check of what an attack returned; shares no code with the attacks.

Plain NumPy in double precision, so that a mistake in an attack's projection cannot hide here.
"""

import numpy as np

# Float32 rounding of pixels near 1, with room; far below a grey level of 1 / 255.
_TOLERANCE = 1e-6


def verify_adversarial_images(images, adversarial_images, eps: float) -> None:
    """Raises ValueError unless every adversarial image is one the threat model allows.

    Args:
        images: (N, H, W, C), the clean images.
        adversarial_images: the same shape.
        eps: Linf radius.

    Raises:
        ValueError: if a value is not finite, outside [0, 1], or more than eps from its pixel.
    """
    clean = np.asarray(images, np.float64)
    adversarial = np.asarray(adversarial_images, np.float64)
    if clean.shape != adversarial.shape:
        raise ValueError(f"adversarial images have shape {adversarial.shape}, not {clean.shape}")
    if not np.isfinite(adversarial).all():
        raise ValueError("adversarial images hold NaN or infinity")
    if adversarial.size and (adversarial.min() < 0 or adversarial.max() > 1):
        raise ValueError(f"adversarial pixels in [{adversarial.min()}, {adversarial.max()}]")
    distance = np.abs(adversarial - clean).max(initial=0)
    if distance > eps + _TOLERANCE:
        raise ValueError(f"adversarial images are {distance} from the clean ones, eps is {eps}")
