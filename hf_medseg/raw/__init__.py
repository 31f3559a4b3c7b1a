"""Reading raw trees: folders, archives read in place, and the small tables beside the pictures."""
