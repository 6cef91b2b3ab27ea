using Clawdex.ServiceDefaults.Calls;
using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>Whether other machines can reach a service, by whatever Kestrel listens to.</summary>
public sealed class BindAddressTests
{
    [Theory]
    [InlineData("http://localhost:1", true)]
    [InlineData("http://127.0.0.1:1", true)]
    [InlineData("http://127.8.8.8:1", true)]
    [InlineData("http://[::1]:1", true)]
    [InlineData("http://unix:/run/clawdex.sock", true)]
    [InlineData("http://[127.0.0.1]:1", false)]
    [InlineData("http://[localhost]:1", false)]
    [InlineData("http://127.0.0.1.example:1", false)]
    [InlineData("http://[::]:1", false)]
    [InlineData("http://0.0.0.0:1", false)]
    [InlineData("http://*:1", false)]
    public void An_address_is_this_machines_when_the_server_takes_it_for_one(string url, bool isLocal) => Assert.Equal(isLocal, BindAddress.IsLocal(url));

    [Theory]
    [InlineData("Kestrel:Endpoints:grpc:Url=http://localhost:1", "")]
    [InlineData("Kestrel:Endpoints:grpc:Url=http://*:1", "Kestrel:Endpoints:grpc:Url")]
    [InlineData("Kestrel:Endpoints:grpc:Url=http://localhost:1 URLS=http://*:2 HTTP_PORTS=3", "")]
    [InlineData("Kestrel:Endpoints:grpc:Url=http://localhost:1 URLS=http://*:2 preferHostingUrls=True", "URLS")]
    [InlineData("Kestrel:Endpoints:grpc:Url=http://localhost:1 URLS=http://*:2 preferHostingUrls=1", "URLS")]
    [InlineData("Kestrel:Endpoints:grpc:Url=http://*:1 URLS=http://*:2 preferHostingUrls=true", "Kestrel:Endpoints:grpc:Url URLS")]
    [InlineData("URLS=http://localhost:1;http://0.0.0.0:2;http://*:3", "URLS")]
    [InlineData("URLS=http://localhost:1 HTTP_PORTS=2", "")]
    [InlineData("URLS= HTTP_PORTS=2", "HTTP_PORTS")]
    [InlineData("HTTP_PORTS=1 HTTPS_PORTS=2", "HTTP_PORTS HTTPS_PORTS")]
    [InlineData("HTTP_PORTS=", "")]
    public void What_lets_other_machines_in_is_named(string settings, string open)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Split(' ').Select(setting => setting.Split('=')).Select(pair => KeyValuePair.Create(pair[0], (string?)pair[1])))
            .Build();

        Assert.Equal(open, string.Join(' ', BindAddress.OpenEndpoints(configuration)));
    }
}
