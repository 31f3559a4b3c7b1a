"""The main job: plan, survey, rows, shards, report."""
