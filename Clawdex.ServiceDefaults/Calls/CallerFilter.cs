using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Clawdex.ServiceDefaults.Calls;

/// <summary>The services' secret for an endpoint that is not gRPC.</summary>
public static class CallerFilter
{
    /// <summary>Answers only who knows the services' secret, compared in constant time; where there is none, nobody.</summary>
    public static RouteHandlerBuilder ForCallersOnly(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter(async (context, next) =>
    {
        var secret = context.HttpContext.RequestServices.GetRequiredService<IOptions<CallSettings>>().Value.Secret;
        return !string.IsNullOrEmpty(secret) && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(context.HttpContext.Request.Headers.Authorization.ToString()), Encoding.UTF8.GetBytes(CallerCheck.BearerOf(secret)))
            ? await next(context)
            : Results.Unauthorized();
    });
}
