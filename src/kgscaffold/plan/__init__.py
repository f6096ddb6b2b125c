"""What a command is going to do to each file, as plain data made before anything is written."""
