"""What the Studio keeps."""
