"""HashDT's endpoints, and the pages on which a cardholder sets a PIN."""
