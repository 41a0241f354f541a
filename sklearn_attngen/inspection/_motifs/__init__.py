"""From salient stretches to motifs: cut out, aligned, clustered, matched, read and written."""
