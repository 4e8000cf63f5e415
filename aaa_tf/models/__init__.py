"""Networks: the autoencoder G, the classifiers F of the paper, and their composition F(G(x)).

autoencoders: G, built for any image shape. classifiers: every F of the paper under its letter.
madry: the ports of Madry's networks. madry_checkpoints: import of their TensorFlow 1 weights.
loading: a user's own F from a file, by way of isolation (its first load, in another process),
keras_files and saved_models (the two kinds of file), trust and saved_model_scan (what a file may
not contain), addons (what tensorflow-addons left in files), probing (what the scores mean).
defended: G and F as one function. precision: copies of a model that compute in another
arithmetic.
"""
