"""The page that shows requests live."""
