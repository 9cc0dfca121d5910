"""What reads, splits and embeds: this machine, or Ray on many."""
