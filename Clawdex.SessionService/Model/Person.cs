namespace Clawdex.SessionService.Model;

internal enum PersonRole
{
    /// <summary>Whose bot it is: there is one, for ever.</summary>
    Owner,

    /// <summary>Let in by the owner.</summary>
    Allowed,
}

/// <summary>Somebody who may use the bot.</summary>
internal sealed record Person
{
    /// <summary>The channel's number of the user.</summary>
    public required long UserId { get; init; }

    public required PersonRole Role { get; set; }

    public required DateTimeOffset AddedAt { get; init; }

    /// <summary>Null = nobody: the person claimed the ownership.</summary>
    public long? AddedBy { get; init; }
}
