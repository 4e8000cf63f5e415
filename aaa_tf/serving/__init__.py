"""Deployment: the defended pipeline as a SavedModel, a server for it, and clients.

pipeline: what each signature computes, and what it answers to hostile input.
export: writes a version; gate checks it in a fresh process that knows TensorFlow alone, checking
    starts that process, versions makes it appear by one rename.
manifest, model_card, warmup: what lies beside the SavedModel. messages: TensorFlow Serving's.
server: the command that serves a pipeline. rest, grpc_client: asking it.
"""
