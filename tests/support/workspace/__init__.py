"""What the workspace's tests share: its distributions, their imports, the command line."""
