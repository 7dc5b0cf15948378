"""The page that shows what comes in, live."""
