"""How much each letter counts: by networks, occlusion, mutagenesis and DeepLIFT."""
