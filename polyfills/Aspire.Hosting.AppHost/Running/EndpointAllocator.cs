using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Running;

/// <summary>
/// Gives every endpoint its port before anything starts, so that each resource can be told about the others. A port that was
/// chosen here stays bound until its resource starts, so that nobody else gets it in between.
/// </summary>
internal sealed class EndpointAllocator(IConfiguration configuration) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<(EndpointAnnotation Endpoint, PortReservation Reservation)> _reserved = [];

    private bool Randomize => configuration.GetValue("DcpPublisher:RandomizePorts", false);

    public void Allocate(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>().Where(endpoint => endpoint.AllocatedPort is null))
        {
            var wanted = Randomize && endpoint.IsProxied ? null : endpoint.Port;
            var reservation = wanted is > 0 and { } port
                ? PortReservation.TryTake(port) ?? throw PortTaken(resource, endpoint, port)
                : PortReservation.Any();
            lock (_gate)
                _reserved.Add((endpoint, reservation));
            endpoint.AllocatedPort = reservation.Port;
        }
    }

    /// <summary>Frees the resource's ports for the resource itself; throws when somebody else listens on one.</summary>
    public void Release(IResource resource)
    {
        foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            lock (_gate)
            {
                _reserved.Where(entry => entry.Endpoint == endpoint).ToList().ForEach(entry => entry.Reservation.Dispose());
                _reserved.RemoveAll(entry => entry.Endpoint == endpoint);
            }

            if (endpoint.AllocatedPort is { } port)
                (PortReservation.TryTake(port) ?? throw PortTaken(resource, endpoint, port)).Dispose();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _reserved.ForEach(entry => entry.Reservation.Dispose());
            _reserved.Clear();
        }
    }

    private static DistributedApplicationException PortTaken(IResource resource, EndpointAnnotation endpoint, int port) =>
        new($"The port {port} of the endpoint '{endpoint.Name}' of the resource '{resource.Name}' is already in use. Stop the program that listens on it, or give the endpoint another port.");
}

/// <summary>A port that is bound on both loopback addresses, so that nobody else gets it.</summary>
internal sealed class PortReservation : IDisposable
{
    private readonly List<Socket> _sockets;

    private PortReservation(List<Socket> sockets, int port)
    {
        _sockets = sockets;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Any free port.</summary>
    public static PortReservation Any()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            if (TryTake(0) is { } reservation)
                return reservation;
        }

        throw new DistributedApplicationException("The system has no free port on both loopback addresses.");
    }

    /// <summary>The port given, or any for 0; null when it is taken.</summary>
    public static PortReservation? TryTake(int port)
    {
        List<Socket> sockets = [];
        try
        {
            foreach (var address in new[] { IPAddress.Loopback, IPAddress.IPv6Loopback })
            {
                if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
                    continue;

                var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                sockets.Add(socket);
                socket.Bind(new IPEndPoint(address, port));
                port = (socket.LocalEndPoint as IPEndPoint)?.Port ?? port;
            }

            return new PortReservation(sockets, port);
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressNotAvailable && sockets.Count > 1)
        {
            // The machine knows IPv6, but has no IPv6 loopback address: the IPv4 half is all there is.
            return new PortReservation(sockets, port);
        }
        catch (SocketException)
        {
            sockets.ForEach(socket => socket.Dispose());
            return null;
        }
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
