"""Downloads, and comparing what is there with what is published."""
