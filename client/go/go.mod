module muster.internal/muster

go 1.19
