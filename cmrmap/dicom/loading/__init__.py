"""The pixels of the selected series, with their signs where phase images tell them."""
