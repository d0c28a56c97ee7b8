"""Keys, envelopes and tokens: who does not hold the deployment's key cannot read a person."""
