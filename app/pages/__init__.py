"""What a person sees in a browser: the hosted form, thanks, refusals, explanations."""
