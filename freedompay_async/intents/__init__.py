"""A call as a value: made without sending anything, stored, loaded, and sent later."""
