"""Training: the paper's step (aaa), a classifier's (classifier), and the loop that drives either.

    autoencoder = runs.train_autoencoder(dataset, natives, config, run_dir="runs/mine")

loop: callbacks, schedule, resume. checkpoints: complete or invisible. run_directory: what a run
leaves behind. distribution: devices. runs: puts all of them together.
"""
