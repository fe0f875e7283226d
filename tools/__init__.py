"""What builds and checks the tree."""
