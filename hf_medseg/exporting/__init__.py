"""What was converted, in the layouts that training tools read."""
