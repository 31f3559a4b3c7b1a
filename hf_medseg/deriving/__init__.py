"""Derived datasets: rows of converted ones, placed, labelled and divided as a recipe says."""
