"""What the tests start and look at: projects, databases, processes, and a shop made of them."""
