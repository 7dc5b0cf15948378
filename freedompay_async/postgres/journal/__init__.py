"""The journal of a batch that many machines share."""
