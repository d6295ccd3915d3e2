"""TensorBoard, MLflow and trackio beside the dashboard, measured on the same data."""
