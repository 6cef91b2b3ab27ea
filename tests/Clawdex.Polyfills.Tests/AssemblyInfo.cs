using System.Runtime.Versioning;

// These tests send signals and write scripts; the stand-ins themselves also run on Windows, where nothing tests them.
[assembly: UnsupportedOSPlatform("windows")]
