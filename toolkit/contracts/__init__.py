"""The main classes (Operation, Backend, Trial, Measurement) and the hashes that identify trials and machines."""
