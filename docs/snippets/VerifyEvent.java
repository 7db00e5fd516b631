import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Verifies an event of Tollgate's (the scheme of Standard Webhooks), with the JDK alone (11 or later). */
public final class VerifyEvent {
    private static final long TOLERANCE_SECONDS = 300;

    /**
     * @param secrets {@code whsec_…}; two while one is being changed
     * @param id, timestamp, signatures the headers webhook-id, webhook-timestamp, webhook-signature, or null
     * @param body the bytes as they came, before anything has parsed them
     *     (with Spring: {@code @RequestBody byte[] body})
     * @throws SecurityException when it is not genuine
     */
    public static void verify(List<String> secrets, String id, String timestamp, String signatures, byte[] body,
            long nowSeconds) {
        if (id == null || id.isEmpty() || timestamp == null || !timestamp.matches("[0-9]{1,12}")) {
            throw new SecurityException("no webhook-id, or no webhook-timestamp");
        }
        if (Math.abs(nowSeconds - Long.parseLong(timestamp)) > TOLERANCE_SECONDS) {
            throw new SecurityException("too old, or this clock is wrong");
        }
        byte[] begin = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
        boolean genuine = false;
        for (String secret : secrets) {
            byte[] expected = Base64.getEncoder().encode(hmac(secret, begin, body));
            // Several, separated by spaces, while a secret is being changed; versions that we do not know
            // are none.
            for (String part : (signatures == null ? "" : signatures).split(" ")) {
                if (!part.startsWith("v1,")) continue;
                // Never equals(): how long it takes would tell how much of a forgery is right.
                genuine |= MessageDigest.isEqual(expected, part.substring(3).getBytes(StandardCharsets.UTF_8));
            }
        }
        if (!genuine) throw new SecurityException("the signature is not ours");
    }

    private static byte[] hmac(String secret, byte[] begin, byte[] body) {
        String base64 = secret.startsWith("whsec_") ? secret.substring(6) : secret;
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(base64), "HmacSHA256"));
            mac.update(begin);
            return mac.doFinal(body);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);  // Every JDK has HmacSHA256.
        }
    }

    /** For trying it by hand: the headers in the environment, the body on standard input. */
    public static void main(String[] secrets) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        System.in.transferTo(body);
        try {
            verify(List.of(secrets), System.getenv("WEBHOOK_ID"), System.getenv("WEBHOOK_TIMESTAMP"),
                    System.getenv("WEBHOOK_SIGNATURE"), body.toByteArray(), System.currentTimeMillis() / 1000);
            System.out.println("verified " + System.getenv("WEBHOOK_ID"));
        } catch (SecurityException problem) {
            System.out.println("refused: " + problem.getMessage());
            System.exit(1);
        }
    }
}
