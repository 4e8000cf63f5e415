"""Training: the paper's step (aaa), a classifier's (classifier), and the loop that drives either.

    autoencoder = runs.train_autoencoder(dataset, natives, config, run_dir="runs/mine")

adversary: the attack of an update. curriculum: its number of steps. attack_state: what it keeps
from update to update. overfitting: the guard that makes it stronger.
loop: callbacks, schedule, resume. checkpoints: complete or invisible. run_directory: what a run
leaves behind. distribution: devices. runs: puts all of them together.
"""
