"""Neural networks and their files: weights, checkpoints, ONNX exports, quantisation."""
