"""Countries, languages, and the catalogue of conditions and treatments."""
