"""What a converted dataset is: its columns, folder, identity and storage."""
