namespace Aspire.Hosting;

/// <summary>The model cannot be run as it is; the message is for whoever wrote or configured the AppHost.</summary>
public class DistributedApplicationException : Exception
{
    public DistributedApplicationException(string message) : base(message)
    {
    }

    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }
}
