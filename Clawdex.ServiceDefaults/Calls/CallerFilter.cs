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
        var bearer = context.HttpContext.RequestServices.GetRequiredService<IOptions<CallSettings>>().Value.Bearer;
        return bearer is not null && CallerCheck.IsFromCaller(context.HttpContext, bearer) ? await next(context) : Results.Unauthorized();
    });
}
