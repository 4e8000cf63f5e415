"""Training: the paper's step (aaa), a classifier's (classifier), and the loop that drives either.

    autoencoder = runs.train_autoencoder(dataset, natives, config, run_dir="runs/mine")

adversary: the attack of an update. curriculum: its number of steps. attack_state: what it keeps
from update to update. overfitting: the guard that makes it stronger.
loop: updates, schedule, resume. callbacks: what Keras shows and writes around it. signals: stop
after the current update. checkpoints: complete or invisible. run_directory: what a run leaves
behind. distribution: devices and workers. placement: models on them. runs: puts all together.
"""
