"""Networks: the autoencoder G, the classifiers F of the paper, and their composition F(G(x)).

autoencoders: G, built for any image shape. classifiers: every F of the paper under its letter.
madry: the ports of Madry's networks. madry_checkpoints: import of their TensorFlow 1 weights.
loading: a user's own F from a file. defended: the only place where G and F meet. precision: copies
of a model that compute in another arithmetic.
"""
