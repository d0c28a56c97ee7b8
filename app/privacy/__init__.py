"""What people may ask of us about their data: erasing it for good."""
