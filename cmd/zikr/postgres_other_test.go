//go:build !unix

package main

func stopPostgres() {}
