"""What the server does for the softphone: it knows no calls, and passes no media."""
