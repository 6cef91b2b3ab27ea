using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Clawdex.Testing.Telemetry;

/// <summary>The fields of one protobuf message, by number, without its schema.</summary>
internal sealed class ProtoFields
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    public ProtoFields(ReadOnlyMemory<byte> message)
    {
        while (message.Length > 0)
        {
            var tag = Varint(ref message);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((number, Varint(ref message), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(message.Span), message[..8]));
                    message = message[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref message);
                    _fields.Add((number, 0, message[..length]));
                    message = message[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(message.Span), message[..4]));
                    message = message[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} of field {number} is unknown.");
            }
        }
    }

    public IEnumerable<ProtoFields> Messages(int number) => All(number).Select(field => new ProtoFields(field.Bytes));

    public ProtoFields Message(int number) => Messages(number).FirstOrDefault() ?? new ProtoFields(default);

    public bool Has(int number) => All(number).Any();

    public string Text(int number) => Encoding.UTF8.GetString(All(number).LastOrDefault().Bytes.Span);

    public string Hex(int number) => Convert.ToHexStringLower(All(number).LastOrDefault().Bytes.Span);

    public ulong Number(int number) => All(number).LastOrDefault().Value;

    public double Double(int number) => BitConverter.UInt64BitsToDouble(Number(number));

    /// <summary>A packed list of 64-bit floats.</summary>
    public IReadOnlyList<double> Doubles(int number)
    {
        var bytes = All(number).LastOrDefault().Bytes;
        return [.. Enumerable.Range(0, bytes.Length / 8).Select(i => BinaryPrimitives.ReadDoubleLittleEndian(bytes.Span[(i * 8)..]))];
    }

    /// <summary>A repeated <c>KeyValue</c>.</summary>
    public Dictionary<string, string> Attributes(int number) =>
        Messages(number).GroupBy(pair => pair.Text(1)).ToDictionary(group => group.Key, group => ValueOf(group.Last().Message(2)));

    public static string ValueOf(ProtoFields any) =>
        any.Has(1) ? any.Text(1)
        : any.Has(2) ? (any.Number(2) == 1 ? "true" : "false")
        : any.Has(3) ? ((long)any.Number(3)).ToString(CultureInfo.InvariantCulture)
        : any.Has(4) ? any.Double(4).ToString(CultureInfo.InvariantCulture)
        : any.Has(5) ? string.Join(',', any.Message(5).Messages(1).Select(ValueOf))
        : "";

    private IEnumerable<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> All(int number) => _fields.Where(field => field.Number == number);

    private static ulong Varint(ref ReadOnlyMemory<byte> message)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message.Span[0];
            message = message[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
