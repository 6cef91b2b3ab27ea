namespace Clawdex.SessionService.Model;

/// <summary>Why a model stopped writing.</summary>
internal enum FinishReason
{
    /// <summary>Nothing was said about it.</summary>
    Unknown,

    /// <summary>The model had said everything.</summary>
    Stop,

    /// <summary>The model reached its output limit.</summary>
    Length,

    /// <summary>The provider withheld the rest.</summary>
    ContentFilter,

    /// <summary>The user stopped it.</summary>
    Cancelled,

    /// <summary>The stream broke off.</summary>
    Interrupted,
}
