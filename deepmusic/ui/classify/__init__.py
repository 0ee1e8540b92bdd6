"""What stands on the Classify page: an invitation, the result, and files to take home."""
