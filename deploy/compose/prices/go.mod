module muster.internal/prices

go 1.19

require muster.internal/muster v0.0.0

replace muster.internal/muster => ../../../client/go
