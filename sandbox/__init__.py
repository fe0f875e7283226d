"""An AWS account on a laptop."""
